/** The style of the page of a conversation, besides that of all pages. */
export const traceStyle = `
.heads{overflow:hidden;border-top:1px solid var(--line);background:var(--panel)}
.heads svg{display:block}
.row .time{width:92px;flex:none}
.row .hop{width:76px;flex:none;text-align:right}
.row .branch{color:var(--dim);opacity:.75;white-space:pre}
.row .kind{font-weight:600}
.row svg{display:block;flex:none}
.row.drawn{padding:0}
svg text{font:12px var(--sans);fill:var(--text)}
svg .lane{font-weight:600}
svg .life{stroke:var(--line)}
svg .arrow{stroke:var(--event);fill:none;stroke-width:1.5}
svg .head{fill:var(--event)}
svg .bad .arrow,svg .bad .span{stroke:var(--bad)}svg .bad .head{fill:var(--bad)}svg .bad text{fill:var(--bad)}
svg .warn .arrow,svg .warn .span{stroke:var(--warn)}svg .warn .head{fill:var(--warn)}svg .warn text{fill:var(--warn)}
svg .span{stroke:var(--event);stroke-width:8;stroke-linecap:butt;opacity:.55}
svg .dot{fill:var(--event)}svg .bad .dot{fill:var(--bad)}svg .warn .dot{fill:var(--warn)}
svg .tick{fill:var(--dim);font-size:11px}
@media (max-width:760px){.row .time{width:78px}.row .hop{width:58px}}
@media (max-width:480px){.row .time{display:none}.row .branch{font-size:9px}}
`
