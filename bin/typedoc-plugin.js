// A plugin of TypeDoc for the API reference. Sorts exports into categories by the file that declares them, so that they need no
// tags, and names the parameters that the code takes apart.
import { CommentTag, Converter, ReflectionKind } from 'typedoc'

/** The category of each path in `src`: the first match counts. The pages have the order of `categoryOrder` in typedoc.json. */
const categories = [
  ['Errors', /^(bus|store)\/errors\.ts$/],
  ['Diagnostics and metrics', /^bus\/(diagnostics|logger)\.ts$|^saga\/reports\//],
  ['Administration', /^bus\/admin\.ts$/],
  ['Events and subscriptions', /^bus\//],
  ['Buses', /^drivers\//],
  ['Envelopes and payloads', /^codecs\//],
  ['Schemas', /^schema\//],
  ['Event store', /^store\//],
  ['Aggregates and sagas', /^saga\//],
  ['Tests', /^testing\//],
  ['OpenTelemetry', /^otel\//],
]

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context) => {
    for (const reflection of context.project.children?.flatMap(({ children = [] }) => children) ?? []) {
      const [declaration] = context.getSymbolFromReflection(reflection)?.declarations ?? []
      const [, path = ''] = /\/src\/(.*)$/.exec(declaration?.getSourceFile().fileName ?? '') ?? []
      const [category] = categories.find(([, pattern]) => pattern.test(path)) ?? []
      if (category === undefined)
        app.logger.warn(`bin/typedoc-plugin.js has no category for ${reflection.name} (${path})`)
      else addCategory(reflection, category)
    }
    for (const parameter of context.project.getReflectionsByKind(ReflectionKind.Parameter)) {
      if (parameter.name === '__namedParameters') parameter.name = nameFor(parameter.type)
    }
  })
}

/** Adds an export to a category, as the tag `@category` in its docstring does. */
function addCategory(reflection, category) {
  // The docstring of a function belongs to its signatures.
  for (const { comment } of reflection.signatures ?? [reflection]) {
    comment?.blockTags.push(new CommentTag('@category', [{ kind: 'text', text: category }]))
  }
}

/** Names a parameter by its type: `options` for `PublishOptions`, `event` for `Pick<SerializedEvent, 'trace'>`. */
function nameFor({ name, typeArguments: [first] = [] }) {
  const [lastWord = 'Options'] = /[A-Z][a-z]*$/.exec(name === 'Pick' ? first.name : (name ?? '')) ?? []
  return lastWord.toLowerCase()
}
