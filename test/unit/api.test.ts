import { Application, type DeclarationReflection, Logger, LogLevel, ReflectionKind } from 'typedoc'
import { expect, test } from 'vitest'

const options = new URL('../../bin/typedoc.json', import.meta.url).pathname

/** Names of properties that need no docstring: the type and the docstring of the owner say the rest. */
const plainNames = new Set([
  ...['action', 'bus', 'code', 'event', 'group', 'name', 'offset', 'ok', 'partition', 'store', 'streamId'],
  ...['topic', 'topics'],
])

/** Keeps warnings and errors. */
class Messages extends Logger {
  readonly texts: string[] = []

  override log(message: string, level: LogLevel): void {
    if (level >= LogLevel.Warn) this.texts.push(message)
  }
}

test('the API reference is complete: it has all types and a docstring for every member, and no link is broken', {
  // TypeDoc compiles the whole library: 9 s of CPU time.
  timeout: 120_000,
}, async () => {
  const app = await Application.bootstrapWithPlugins({ options, logLevel: 'Warn' })
  const messages = new Messages()
  app.logger = messages
  const project = await app.convert()
  if (project === undefined) throw new Error(messages.texts.join('\n'))
  app.validate(project)
  // TypeDoc itself checks functions, classes, types and methods, and would ask for a docstring for every property.
  const properties = project.getReflectionsByKind(ReflectionKind.Property) as DeclarationReflection[]
  const isBare = (property: DeclarationReflection) =>
    !property.hasComment() && !plainNames.has(property.name) && !property.parent?.kindOf(ReflectionKind.TypeLiteral)

  expect(messages.texts).toEqual([])
  expect(properties.length).toBeGreaterThan(300)
  expect(properties.filter(isBare).map((property) => property.getFriendlyFullName())).toEqual([])
})
