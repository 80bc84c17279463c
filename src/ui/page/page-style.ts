/** The style of all pages: colors for light and dark, controls, panels, and the tree of JSON. Contrasts are at least 4.5:1. */
export const pageStyle = `
:root{--bg:#fff;--panel:#f6f7f9;--line:#d9dde3;--text:#1b1f24;--dim:#57606a;--accent:#0a58ca;--on-accent:#fff;--select:#dbe8ff;--bad:#b3261e;--warn:#8a5300;--good:#1a6f37;--event:#0b6478;--mono:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;--sans:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;color-scheme:light}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){--bg:#14171b;--panel:#1c2026;--line:#343a43;--text:#e6e8eb;--dim:#a0a8b3;--accent:#8ab4ff;--on-accent:#10151d;--select:#223a5e;--bad:#ff8f85;--warn:#f0b35a;--good:#7bd394;--event:#6fd0e6;color-scheme:dark}}
:root[data-theme=dark]{--bg:#14171b;--panel:#1c2026;--line:#343a43;--text:#e6e8eb;--dim:#a0a8b3;--accent:#8ab4ff;--on-accent:#10151d;--select:#223a5e;--bad:#ff8f85;--warn:#f0b35a;--good:#7bd394;--event:#6fd0e6;color-scheme:dark}
*{box-sizing:border-box}
html,body{height:100%;margin:0}
body{display:flex;flex-direction:column;background:var(--bg);color:var(--text);font:14px/1.45 var(--sans)}
h1,h2{margin:0;font-weight:600}
h1{font-size:18px;overflow-wrap:anywhere}
h2{font-size:14px}
button,input{font:inherit;color:inherit}
button{border:1px solid var(--line);border-radius:6px;background:var(--bg);padding:3px 10px;cursor:pointer}
button:hover{border-color:var(--accent)}
button[aria-pressed=true],button[aria-selected=true]{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}
button.quiet{border-color:transparent;background:none;color:var(--accent);padding:2px 6px}
button.quiet:hover{border-color:var(--line)}
input[type=search]{border:1px solid var(--line);border-radius:6px;background:var(--bg);padding:3px 10px;min-width:12ch}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
.mono{font-family:var(--mono);font-size:12.5px}
.hidden-text{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.dim{color:var(--dim)}
.bad{color:var(--bad)}.warn{color:var(--warn)}.good{color:var(--good)}.event{color:var(--event)}
.badge{display:inline-block;border:1px solid currentColor;border-radius:4px;padding:0 5px;font:600 11px/1.5 var(--sans);white-space:nowrap}
dialog{border:1px solid var(--line);border-radius:10px;background:var(--bg);color:var(--text);max-width:min(560px,94vw);padding:18px 20px}
dialog::backdrop{background:rgba(0,0,0,.45)}
kbd{border:1px solid var(--line);border-bottom-width:2px;border-radius:4px;padding:0 5px;font:12px var(--mono);background:var(--panel)}
dl.pairs{display:grid;grid-template-columns:max-content 1fr;gap:3px 14px;margin:0}
dl.pairs dt{color:var(--dim)}
dl.pairs dd{margin:0;overflow-wrap:anywhere}
.list{position:relative;overflow:auto;flex:1;min-height:0;border-top:1px solid var(--line)}
.rows{position:relative;min-width:100%}
.rows>*{position:absolute;left:0;right:0;min-width:100%}
.json-body{padding-left:16px;border-left:1px solid var(--line);margin-left:4px}
.json summary{cursor:pointer}
.json,.json-line{font:12.5px/1.55 var(--mono);overflow-wrap:anywhere}
.json-line{padding-left:14px}
.json-key{color:var(--dim)}.json-string{color:var(--good)}.json-number,.json-boolean{color:var(--event)}.json-null{color:var(--dim)}
@media (prefers-reduced-motion:no-preference){button{transition:border-color .12s}}
@media print{html,body{height:auto}body{display:block}.list{overflow:visible;height:auto}.no-print{display:none!important}}
`
