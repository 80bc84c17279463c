/** The height of a row in pixels, in all lists. */
export const ROW_PX = 26

/** The style of the frame of all pages: header, findings, the bar with tabs and search, rows, and details. */
export const frameStyle = `
header{padding:14px 18px 10px;display:flex;flex-wrap:wrap;gap:6px 14px;align-items:center}
header .facts{flex-basis:100%;color:var(--dim);display:flex;flex-wrap:wrap;gap:2px 16px}
header .facts b{color:var(--text);font-weight:600}
header .spring{flex:1}
.findings{margin:0 18px 10px;border:1px solid var(--line);border-radius:8px;background:var(--panel);max-height:24vh;overflow:auto}
.findings ul{list-style:none;margin:0;padding:4px 10px}
.findings li{display:flex;gap:8px;padding:3px 0;align-items:baseline}
.findings li span:nth-child(2){flex:1;overflow-wrap:anywhere}
.bar{display:flex;flex-wrap:wrap;gap:8px;align-items:center;padding:0 18px 10px}
.bar .spring{flex:1}
.bar input[type=search]{width:27ch;max-width:100%}
.bar label{display:flex;gap:5px;align-items:center}
main{flex:1;min-height:0;display:flex}
.view{flex:1;min-width:0;display:flex;flex-direction:column}
.row{height:${ROW_PX}px;display:flex;gap:10px;align-items:center;padding:0 18px;white-space:nowrap;cursor:default}
.row:hover{background:var(--panel)}
.row[aria-selected=true]{background:var(--select)}
.list:focus-visible{outline:none}
.list:focus-visible .row[aria-selected=true]{outline:2px solid var(--accent);outline-offset:-2px}
.row .name{flex:none;max-width:62%;overflow:hidden;text-overflow:ellipsis}
.row .text{flex:1;min-width:0;overflow:hidden;text-overflow:ellipsis}
.details{width:min(430px,38vw);flex:none;border-left:1px solid var(--line);border-top:1px solid var(--line);overflow:auto;padding:12px 16px 20px;background:var(--bg)}
.details .top{display:flex;gap:8px;align-items:center;margin-bottom:8px}
.details .top h2{flex:1;overflow-wrap:anywhere}
.details h3{font-size:12px;text-transform:uppercase;letter-spacing:.04em;color:var(--dim);margin:16px 0 6px}
.details a{color:var(--accent);cursor:pointer}
.empty{padding:24px 18px;color:var(--dim)}
@media (max-width:760px){
.bar input[type=search]{flex:1}
header,.bar{padding-left:12px;padding-right:12px}header .spring{flex:none}header button{padding:2px 4px}.findings{margin:0 12px 8px;max-height:18vh}
.row{padding:0 12px;gap:8px}.row .text{display:none}.row .name{max-width:none;flex:1}
main{position:relative}.details{position:fixed;left:0;right:0;bottom:0;width:auto;max-height:62vh;border-left:none;border-radius:14px 14px 0 0;box-shadow:0 -4px 24px rgba(0,0,0,.3)}
}
@media print{.details{display:none}.findings{max-height:none;overflow:visible}}
`
