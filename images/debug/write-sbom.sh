# Prints which Debian packages the files of the image come from, as SPDX 2.3.
# args: FOLDER VERSION SECONDS (since 1970)
set -eu
root=$1 version=$2 seconds=$3
stubs=$(mktemp)
sed 's/ .*//; s,^,/,' /build/stubs.txt >"$stubs"

# dpkg knows files by the path that their package has, which may lack the /usr of today.
packages() {
	find "$root/usr" "$root/lib64" -type f 2>/dev/null | grep -vFf "$stubs" | while read -r file; do
		path=${file#"$root"}
		dpkg-query -S "$path" 2>/dev/null || dpkg-query -S "${path#/usr}" 2>/dev/null || { resolved=$(readlink -f "$path" 2>/dev/null) && { dpkg-query -S "$resolved" 2>/dev/null || dpkg-query -S "${resolved#/usr}" 2>/dev/null; }; } || true
	done | sed 's/: .*//' | tr -d ' ' | tr ',' '\n' | sort -u
}

# shellcheck disable=SC2046,SC2016
dpkg-query -W -f '${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n' $(packages) | sort | awk -F '\t' -v version="$version" -v created="$(date -u -d "@$seconds" +%Y-%m-%dT%H:%M:%SZ)" '
	{
		id = $1; gsub(/[^A-Za-z0-9.-]/, "-", id)
		escaped = $2; gsub(/\+/, "%2B", escaped); gsub(/:/, "%3A", escaped)
		packages = packages sprintf(",\n    {\"SPDXID\": \"SPDXRef-%s\", \"name\": \"%s\", \"versionInfo\": \"%s\", \"downloadLocation\": \"NOASSERTION\", \"filesAnalyzed\": false, \"licenseConcluded\": \"NOASSERTION\", \"licenseDeclared\": \"NOASSERTION\", \"copyrightText\": \"NOASSERTION\", \"sourceInfo\": \"built from: %s %s\", \"externalRefs\": [{\"referenceCategory\": \"PACKAGE-MANAGER\", \"referenceType\": \"purl\", \"referenceLocator\": \"pkg:deb/debian/%s@%s?arch=%s\"}]}", id, $1, $2, $4, $5, $1, escaped, $3)
		relations = relations sprintf(",\n    {\"spdxElementId\": \"SPDXRef-image\", \"relationshipType\": \"CONTAINS\", \"relatedSpdxElement\": \"SPDXRef-%s\"}", id)
	}
	END {
		printf "{\n  \"spdxVersion\": \"SPDX-2.3\",\n  \"dataLicense\": \"CC0-1.0\",\n  \"SPDXID\": \"SPDXRef-DOCUMENT\",\n  \"name\": \"hairpin-debug-%s\",\n  \"documentNamespace\": \"https://hairpin.invalid/spdx/debug-%s-%s\",\n", version, version, created
		printf "  \"creationInfo\": {\"created\": \"%s\", \"creators\": [\"Tool: images/debug/write-sbom.sh\"]},\n", created
		printf "  \"packages\": [\n    {\"SPDXID\": \"SPDXRef-image\", \"name\": \"hairpin-debug\", \"versionInfo\": \"%s\", \"downloadLocation\": \"NOASSERTION\", \"filesAnalyzed\": false, \"licenseConcluded\": \"NOASSERTION\", \"licenseDeclared\": \"NOASSERTION\", \"copyrightText\": \"NOASSERTION\"}%s\n  ],\n", version, packages
		printf "  \"relationships\": [\n    {\"spdxElementId\": \"SPDXRef-DOCUMENT\", \"relationshipType\": \"DESCRIBES\", \"relatedSpdxElement\": \"SPDXRef-image\"}%s\n  ]\n}\n", relations
	}'
