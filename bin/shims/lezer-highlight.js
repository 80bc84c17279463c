// The @lezer grammars declare their syntax highlighting while they load. crbus does not highlight, so nothing is declared.
export const tags = new Proxy({}, { get: () => () => undefined })
export const styleTags = () => () => null
