/** Bytes that are pushed here and read there. */
export const createByteQueue = () => {
	const chunks: Uint8Array[] = [];
	let isEnded = false;
	let news = Promise.withResolvers<void>();
	const read = async function * (): AsyncIterable<Uint8Array> {
		for (;;) {
			const chunk = chunks.shift();
			if (chunk) {
				yield chunk;
			} else if (isEnded) {
				return;
			} else {
				news = Promise.withResolvers();
				// eslint-disable-next-line no-await-in-loop
				await news.promise;
			}
		}
	};

	return {
		bytes: read(),
		push(chunk: Uint8Array) {
			chunks.push(chunk);
			news.resolve();
		},
		end() {
			isEnded = true;
			news.resolve();
		},
	};
};
