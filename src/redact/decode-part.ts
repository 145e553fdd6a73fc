/** A part of an address of the web as it is meant; as it stands where it is written wrongly. */
export const decodePart = (part: string): string => {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
};
