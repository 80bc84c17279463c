import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { toAnswers } from '../../cli/base/flags.ts'
import { UsageError } from '../../cli/errors.ts'
import { diffSchemas } from '../../operations/schemas/diff.ts'
import { answersIn } from '../../operations/schemas/known-answers.ts'
import { formatSchemaDiff } from '../../ui/schemas/format-schema-diff.ts'
import { type SchemaDiffDocument, schemaDiffDocument } from '../../ui/schemas/schema-change-document.ts'

export default class SchemaDiffCommand extends BaseCommand {
  static override summary = 'tell what a change of the types does to events already written'
  static override description = [
    'Bincode says nothing about itself: bytes written with the old types are read by the new ones as well as it goes. Each change is listed as one of',
    '  SILENT  old bytes are read as something else, without an error\n  BREAKS  some old bytes cannot be read\n  safe    old bytes are read as what they are',
    'OLD and NEW are a schema file, Rust source (a crate, a folder, a .rs file), or either at a git revision, as in HEAD~3:schemas/order-events.json. What was answered when a schema was imported is answered for source again.',
    'Ends with 0 when every change is safe, and with 10 when one is not.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> schema diff HEAD~3:schemas/order-events.json schemas/order-events.json',
    '<%= config.bin %> schema diff schemas/order-events.json services/orders',
    '<%= config.bin %> schema diff main:services/orders services/orders --root OrderAction',
  ]
  static override args = {
    old: Args.string({ description: 'what the events were written with', required: true, ignoreStdin: true }),
    new: Args.string({ description: 'what they will be read with', required: true, ignoreStdin: true }),
  }
  static override flags = {
    root: Flags.string({ description: 'the enum that is serialized, where source does not settle it' }),
    map: Flags.string({
      description: 'what a type in source is written as',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'path=type',
    }),
    assume: Flags.string({
      description: 'the answer to a question about source',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'question=answer',
    }),
  }

  async run(): Promise<SchemaDiffDocument> {
    const { args, flags } = await this.parse(SchemaDiffCommand)
    const { cwd, git, io } = this.context
    const map = toAnswers('--map', flags.map, 'crate::Money=i64')
    const assume = toAnswers('--assume', flags.assume, 'feature:uuid=on')
    const known = await answersIn(await this.schemaPlace({}))
    const diff = diffSchemas(args.old, args.new, { cwd, git, root: flags.root, answers: { map, assume }, known })
    if (!diff.ok) throw new UsageError(diff.reason, diff.suggestions)
    await this.print(formatSchemaDiff(diff, io))
    if (diff.counts.silent + diff.counts.breaks > 0) this.foundSomething()
    return schemaDiffDocument(diff)
  }
}
