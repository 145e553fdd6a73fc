/** In place of `react-devtools-core`, which looks for a browser's tools and which no user of hairpin has. */
const devtools = {
	initialize: () => undefined,
	connectToDevTools: () => undefined,
};

export default devtools;
