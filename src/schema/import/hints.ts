/**
 * What to do about a problem of an import. A front end may replace the text, for example by its own flag, and use the other
 * keys.
 */
export const importHints = {
  /** `path` may also be the text of a Rust type. */
  mapType: (path: string) =>
    ({ code: 'map-type', text: `map ${path} to the type that it is serialized as`, path }) as const,
  assumeDerived: (path: string) =>
    ({ code: 'assume-derived', text: `assume that ${path} derives Serialize`, path }) as const,
  mapOrAssumeDerived: (path: string) =>
    ({
      code: 'map-or-assume-derived',
      text: `map ${path} to the type that it is serialized as, or assume that it derives Serialize`,
      path,
    }) as const,
  assumeUnchanged: (macro: string) =>
    ({ code: 'assume-unchanged', text: `assume that the macro ${macro} does not change the type`, macro }) as const,
  /** `options` are options of `cfg`, such as `feature:uuid`. The user may also answer that they are off. */
  turnOn: (options: readonly string[]) =>
    ({
      code: 'turn-on',
      text: `say whether ${options.join(' and ')} ${options.length === 1 ? 'is' : 'are'} on or off`,
      options,
    }) as const,
  /** `by` is the module, the function or the `serde_as` type that encodes a field. */
  giveEncoding: (by: string) => ({ code: 'give-encoding', text: `give the type that ${by} encodes to`, by }) as const,
  giveIntegers: () =>
    ({ code: 'give-integers', text: 'say whether integers have fixed or variable sizes in the payloads' }) as const,
  giveLength: (expression: string) =>
    ({ code: 'give-length', text: `give the length ${expression} as a number`, expression }) as const,
  /** `path` is a member of the workspace that the request names. */
  importFrom: (path: string) => ({ code: 'import-from', text: `import from ${path}`, path }) as const,
  /** `root` is a candidate from the source, or `undefined` if the source has none. */
  chooseRoot: (root?: string) =>
    ({ code: 'choose-root', text: `name the root: ${root ?? 'the enum that is serialized'}`, root }) as const,
  giveArguments: (root: string, parameters: readonly string[]) =>
    ({
      code: 'give-arguments',
      text: `name the root with types for ${parameters.join(', ')}`,
      root,
      parameters,
    }) as const,
  correctTopic: (topic: string) =>
    ({ code: 'correct-topic', text: `name a valid topic, such as ${topic}`, topic }) as const,
}

export type ImportHint = ReturnType<(typeof importHints)[keyof typeof importHints]>

/** The hint to turn on options of `cfg`, each one once; `undefined` without options. */
export const turnOnHint = (options: readonly string[]): ImportHint | undefined =>
  options.length === 0 ? undefined : importHints.turnOn([...new Set(options)])
