/** The style of the page of a topology, besides that of all pages. */
export const topologyStyle = `
.map{position:relative;overflow:auto;flex:1;min-height:0;border-top:1px solid var(--line)}
.map:focus-visible{outline:none;border-top-color:var(--accent)}.map:focus-visible .chosen rect{stroke:var(--accent);stroke-width:3}
.map svg{display:block;margin:auto}
svg text{font:12px var(--sans);fill:var(--text)}
.node{cursor:pointer}
.node rect{fill:var(--panel);stroke:var(--dim);stroke-width:1.2}
.node.topic rect{stroke:var(--event)}
.node.service rect{stroke:var(--accent);fill:var(--bg)}
.node.group rect{stroke:var(--accent);fill:var(--bg);stroke-dasharray:4 3}
.node.service text,.node.group text{font-weight:600}
.node.missing rect{stroke:var(--bad);stroke-dasharray:4 3}
.node:hover rect{fill:var(--select)}
.node.chosen rect{fill:var(--select);stroke-width:2.5}
.node.faint rect{stroke:var(--line)}.node.faint text{fill:var(--dim);font-weight:400}
.node circle.bad{fill:var(--bad)}.node circle.warn{fill:var(--warn)}
.node text.mark,.node.faint text.mark{fill:var(--bg);font:700 11px var(--sans)}
.edge path{fill:none}
.edge .hit{stroke:transparent;stroke-width:9}
.edge .line{stroke:var(--dim);stroke-width:1.1;opacity:.6}
.edge .head{fill:var(--dim)}
.edge.publishes.near .line{stroke:var(--event)}.edge.publishes.near .head{fill:var(--event)}
.edge.consumes.near .line,.edge.causes.near .line{stroke:var(--accent)}.edge.consumes.near .head,.edge.causes.near .head{fill:var(--accent)}
.edge.near .line{opacity:1;stroke-width:2}
.edge.faint .line{opacity:.22}.edge.faint .head{opacity:.3}
.edge text{font-size:11px;fill:var(--dim);paint-order:stroke;stroke:var(--bg);stroke-width:3px}
.cells{display:grid;gap:14px}
.cells.types{grid-template-columns:minmax(180px,2.2fr) 70px 152px minmax(90px,1.4fr) minmax(90px,1.4fr)}
.cells.services{grid-template-columns:minmax(160px,1.2fr) minmax(120px,2fr) minmax(120px,2fr)}
.cells.flows{grid-template-columns:minmax(160px,2fr) minmax(160px,2fr) 70px 70px minmax(80px,1fr)}
.cell{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.cell.number{text-align:right;font-variant-numeric:tabular-nums}
.row .cell.name{max-width:none;display:flex;gap:8px;align-items:center}
.heads{white-space:nowrap;padding:4px 18px;border-top:1px solid var(--line);background:var(--panel);color:var(--dim);font-size:12px}
.heads.types .cell:nth-child(2),.heads.flows .cell:nth-child(3),.heads.flows .cell:nth-child(4){text-align:right}
.row.topic{background:var(--panel)}
.row.topic .name{display:flex;gap:8px;align-items:center}
.row .kind{font-weight:600}
.row.types .name{padding-left:16px}
.row.topic[aria-selected=true]{background:var(--select)}
.details{width:min(460px,42vw)}
.details .map{border:1px solid var(--line);border-radius:8px;flex:none;max-height:320px;margin:10px 0}
.details .entry{padding:5px 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
.details .entry.chosen{background:var(--select);margin:0 -8px;padding-left:8px;padding-right:8px;border-radius:6px}
.details .entry .badge{margin-left:8px}
.details .pair,.details .links{display:flex;flex-wrap:wrap;gap:2px 6px;align-items:baseline}
.details button.quiet{padding:0 4px;text-align:left;overflow-wrap:anywhere}
.details h3+button.quiet,.details .entry>button.quiet,.details .links>button.quiet{margin-left:-5px}
.details .found{margin:6px 0}
@media (max-width:760px){
.heads{padding-left:12px}
.cells.types{grid-template-columns:minmax(0,1fr) 60px}.cells.types .cell:nth-child(n+3){display:none}
.cells.services{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}.cells.services .cell:nth-child(3){display:none}
.cells.flows{grid-template-columns:minmax(0,1fr) minmax(0,1fr) 56px}.cells.flows .cell:nth-child(n+4){display:none}
.details{width:auto}
}
@media print{.map{overflow:visible}.map svg{width:100%;height:auto}.node.faint text{fill:var(--text)}.edge.faint .line{opacity:.6}}
`
