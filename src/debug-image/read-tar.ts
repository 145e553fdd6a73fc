const blockBytes = 512;

const readText = (block: Uint8Array, start: number, length: number): string => {
	const end = block.indexOf(0, start);
	return new TextDecoder().decode(block.subarray(start, end === -1 || end > start + length ? start + length : end));
};

/** The plain files of a tar archive (POSIX.1-2024, pax: ustar), by name; undefined where it is none or ends early. */
export const readTar = (archive: Uint8Array): ReadonlyMap<string, Uint8Array> | undefined => {
	const files = new Map<string, Uint8Array>();
	let offset = 0;
	while (offset + blockBytes <= archive.length) {
		const header = archive.subarray(offset, offset + blockBytes);
		if (header[0] === 0) {
			return files;
		}

		const size = Number.parseInt(readText(header, 124, 12), 8);
		const start = offset + blockBytes;
		if (readText(header, 257, 5) !== 'ustar' || Number.isNaN(size) || start + size > archive.length) {
			return undefined;
		}

		files.set(readText(header, 0, 100), archive.subarray(start, start + size));
		offset = start + (Math.ceil(size / blockBytes) * blockBytes);
	}

	return undefined;
};
