import { relative } from 'node:path'
import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { parseName, toAnswers } from '../../cli/base/flags.ts'
import { UsageError } from '../../cli/errors.ts'
import { applySchemaImport, planSchemaImport, type SchemaImportPlan } from '../../operations/schemas/import.ts'
import { formatImportProblems } from '../../ui/schemas/format-schema-import.ts'
import { type SchemaChangeDocument, schemaChangeDocument } from '../../ui/schemas/schema-change-document.ts'

export default class SchemaImport extends BaseCommand {
  static override summary = 'make a schema of the types in Rust source, so that payloads can be read and written'
  static override description = [
    'Reads a crate (the folder with its Cargo.toml), a folder of source or single files, follows mod, use and path dependencies to the enum of the events, and writes schemas/<topic>.json, which belongs into version control. "crbus tail" and "crbus publish" use it from then on.',
    'What the source does not settle is listed with its place and what to type: --map for a type whose bytes crbus cannot know, --assume for the answer to a question. The file keeps what was answered, so that the next import need not be told.',
  ].join('\n\n')
  static override strict = false
  static override usage = 'schema import PATH... [FLAGS]'
  static override examples = [
    '<%= config.bin %> schema import services/orders',
    '<%= config.bin %> schema import src/order.rs --root OrderAction --topic order-events',
    '<%= config.bin %> schema import services/orders --map crate::Money=i64 --dry-run',
  ]
  static override args = { path: Args.string({ description: 'crates, folders or .rs files', ignoreStdin: true }) }
  static override flags = {
    root: Flags.string({
      parse: parseName,
      description: 'the enum that is serialized; default: the one that looks like events',
    }),
    topic: Flags.string({ description: 'topic of the events; default: after the root' }),
    map: Flags.string({
      description: 'what a type is written as',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'path=type',
    }),
    assume: Flags.string({
      description: 'the answer to a question the import asked',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'question=answer',
    }),
    out: Flags.string({
      parse: parseName,
      description: 'file to write; default: <topic>.json in the folder of CRBUS_SCHEMAS or crbus.json, else in schemas',
      helpValue: 'file',
    }),
    'dry-run': Flags.boolean({ description: 'show what would be written, and write nothing' }),
  }

  async run(): Promise<Omit<SchemaImportPlan, 'changes'> & { readonly changes: readonly SchemaChangeDocument[] }> {
    const { argv, flags } = await this.parse(SchemaImport)
    const paths = argv as string[]
    if (paths.length === 0) throw new UsageError('name the source', ['crbus schema import services/orders'])
    const { cwd } = this.context
    const { root, topic, out } = flags
    const map = toAnswers('--map', flags.map, 'crate::Money=i64')
    const assume = toAnswers('--assume', flags.assume, 'feature:uuid=on')
    const plan = planSchemaImport({
      paths,
      cwd,
      root,
      topic,
      answers: { map, assume },
      out,
      folder: await this.#folder(),
    })
    for (const { file, line, text } of plan.notes) await this.notice(`note: ${file}:${line} ${text}`)
    if (!plan.ok) {
      const fixes = [...new Set(plan.problems.flatMap(({ fix }) => (fix === undefined ? [] : [fix])))]
      throw new UsageError(formatImportProblems(plan.problems), fixes)
    }
    if (plan.answered.length > 0) await this.notice(`note: as in ${plan.path}: ${plan.answered.join(' ')}`)
    if (flags['dry-run']) await this.print(plan.text)
    else {
      if (out === undefined) await this.sayProjectChoice(await this.configOf({}), 'schemas')
      applySchemaImport(plan, cwd)
    }
    const changes = plan.changes.map(schemaChangeDocument)
    for (const { kind, where, message } of changes) await this.notice(`warning: ${kind}: ${where}: ${message}`)
    const verb = { create: 'written', change: 'changed', nothing: 'is up to date' }[plan.effect]
    const told = flags['dry-run'] ? `would be ${plan.effect === 'nothing' ? 'as it is' : verb}` : verb
    await this.notice(
      `${plan.path} ${told}: ${plan.root} with ${plan.events.length} event types and ${plan.types} types, from ${plan.sources.length} files`,
    )
    return { ...plan, changes }
  }

  /** Where the other commands look for it. */
  async #folder(): Promise<string | undefined> {
    const { cwd, schemas } = await this.schemaPlace({})
    return schemas === undefined || schemas.path.endsWith('.json') ? undefined : relative(cwd, schemas.path) || '.'
  }
}
