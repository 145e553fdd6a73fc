/** The page's style: no font, picture or script from anywhere else, light and dark, readable on paper. */
export const htmlStyle = `
:root { color-scheme: light dark; --line: #8888; --bad: light-dark(#b00020, #ff6b7d); --good: light-dark(#18702d, #5fd07a); --dim: light-dark(#555, #aaa); }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 78rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; border-bottom: 1px solid var(--line); }
.sentence { font-size: 1.1rem; } .fault, .broken, .failed { color: var(--bad); } .healthy, .ok, .open { color: var(--good); } .undecided, .unknown, .latent { color: var(--dim); }
.wide { overflow-x: auto; margin-bottom: 1rem; } table { border-collapse: collapse; font-size: .9rem; } th, td { text-align: left; vertical-align: top; padding: .2rem .7rem .2rem 0; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
pre, code { font: .85rem/1.4 ui-monospace, monospace; } pre { overflow-x: auto; border: 1px solid var(--line); padding: .6rem; }
svg text { font: 12px ui-monospace, monospace; fill: currentColor; } svg .role, svg .time, svg .frame, svg .fact { fill: var(--dim); } svg .point { font-weight: 700; }
svg .lane { stroke: var(--line); stroke-dasharray: 3 4; } svg .arrow { stroke: currentColor; stroke-width: 1.4; } svg .lost { stroke: var(--dim); stroke-dasharray: 6 4; stroke-width: 1.4; }
svg .wrong { stroke: var(--bad); stroke-width: 2; } svg .tip { stroke: none; fill: currentColor; } svg .wrong.tip { fill: var(--bad); } svg .impossible { fill: var(--bad); font-weight: 700; }
@media print { body { margin: 0; max-width: none; } details > * { display: block; } }
`;
