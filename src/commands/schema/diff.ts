import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { toAnswers } from '../../cli/base/parse-flags.ts'
import { UsageError } from '../../cli/errors.ts'
import { toSuggestion } from '../../cli/suggestions.ts'
import { diffSchemas } from '../../operations/schemas/diff.ts'
import { answersIn } from '../../operations/schemas/known-answers.ts'
import { formatSchemaDiff } from '../../ui/schemas/format-schema-diff.ts'
import { type SchemaDiffDocument, schemaDiffDocument } from '../../ui/schemas/schema-change-document.ts'

export default class SchemaDiffCommand extends BaseCommand {
  static override summary = 'Show how a change of types affects existing events'
  static override document = 'schema/diff'
  static override description = [
    'Bincode bytes do not describe themselves, so bytes written with the old types are decoded with the new types without a check. Each change is listed with its effect:',
    '  SILENT  old bytes decode to wrong values, without an error\n  BREAKS  some old bytes do not decode, and none was seen to decode to wrong values\n  safe    old bytes decode correctly',
    'Up to 300 random values of each event are written with the old types and read with the new ones. If one of them is read as another value, the change is SILENT. Random values do not prove that there is no rarer one.',
    'A reader that checks the end of a payload, such as crbus, refuses bytes that are left over. bincode::deserialize ignores them; the report says which changes leave bytes over.',
    'OLD and NEW are a schema file or Rust source (a crate, a folder, a .rs file), also at a git revision, such as HEAD~3:schemas/order-events.json. The answers that a schema file keeps from its import also apply to source.',
    'The exit code is 0 if every change is safe, and 10 otherwise.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> schema diff HEAD~3:schemas/order-events.json schemas/order-events.json',
    '<%= config.bin %> schema diff schemas/order-events.json services/orders',
    '<%= config.bin %> schema diff main:services/orders services/orders --root OrderAction',
  ]
  static override args = {
    old: Args.string({
      description: 'Schema or Rust source with which the events were written',
      required: true,
      ignoreStdin: true,
    }),
    new: Args.string({
      description: 'Schema or Rust source with which the events will be read',
      required: true,
      ignoreStdin: true,
    }),
  }
  static override flags = {
    root: Flags.string({
      description: 'Enum of the events (default: the enum that looks like events)',
      helpValue: 'TYPE',
    }),
    map: Flags.string({
      description: 'How a Rust type is serialized; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PATH=TYPE',
    }),
    assume: Flags.string({
      description: 'Answer to a question about the source; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'QUESTION=ANSWER',
    }),
  }

  async run(): Promise<SchemaDiffDocument> {
    const { args, flags } = await this.parse(SchemaDiffCommand)
    const { cwd, git } = this.context
    const map = toAnswers('--map', flags.map, 'crate::Money=i64')
    const assume = toAnswers('--assume', flags.assume, 'feature:uuid=on')
    const known = await answersIn(await this.schemaLocation())
    const diff = diffSchemas(args.old, args.new, { cwd, git, root: flags.root, answers: { map, assume }, known })
    if (!diff.ok) throw new UsageError(diff.reason, diff.hints.map(toSuggestion))
    await this.print(formatSchemaDiff(diff, this.context.io))
    if (diff.changeCounts.silent + diff.changeCounts.breaks > 0) this.foundSomething()
    return schemaDiffDocument(diff)
  }
}
