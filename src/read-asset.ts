import process from 'node:process';

type SeaModule = {
	isSea(): boolean;
	getAssetKeys(): readonly string[];
	getRawAsset(name: string): ArrayBuffer;
};

/** A file that was put into the executable when it was built; undefined where we run otherwise, or it has no such file. */
export const readAsset = (name: string): Uint8Array | undefined => {
	const sea = process.getBuiltinModule('node:sea') as SeaModule | undefined;
	return sea?.isSea() === true && sea.getAssetKeys().includes(name) ? new Uint8Array(sea.getRawAsset(name)) : undefined;
};
