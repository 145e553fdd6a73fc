/** Lets so many tasks through at a time; the others wait in line. */
export type Gate = {
	enter(): Promise<void>;
	leave(): void;
};

export const createGate = (width: number): Gate => {
	let free = width;
	const waiting: Array<() => void> = [];
	return {
		async enter() {
			if (free > 0) {
				free--;
				return;
			}

			await new Promise<void>(resolve => {
				waiting.push(resolve);
			});
		},
		leave() {
			const next = waiting.shift();
			if (next) {
				next();
			} else {
				free++;
			}
		},
	};
};
