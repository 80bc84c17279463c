import { relative } from 'node:path'
import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { toAnswers } from '../../cli/base/parse-flags.ts'
import { UsageError } from '../../cli/errors.ts'
import { run, toSuggestion } from '../../cli/suggestions.ts'
import { applySchemaImport, planSchemaImport } from '../../operations/schemas/import.ts'
import { formatImportProblems } from '../../ui/schemas/format-schema-import.ts'
import { importNoteText } from '../../ui/schemas/import-note-words.ts'
import { type SchemaImportDocument, schemaImportDocument } from '../../ui/schemas/schema-import-document.ts'
import { plural } from '../../ui/text/listed.ts'

export default class SchemaImport extends BaseCommand {
  static override summary = 'Create a schema from the types in Rust source'
  static override document = 'schema/import'
  static override description = [
    'Reads a crate (the folder with its Cargo.toml), a folder of source or single files, follows mod, use and path dependencies to the enum of the events, and writes schemas/<topic>.json. Commit this file to version control. From then on, "crbus tail" and "crbus publish" use it to decode and encode payloads.',
    'If the source leaves something open, the command lists it with file, line and what to type: --map for a type whose bytes crbus cannot know, --assume for the answer to a question. The schema file keeps the answers for the next import.',
  ].join('\n\n')
  static override strict = false
  static override usage = 'schema import PATH... [FLAGS]'
  static override examples = [
    '<%= config.bin %> schema import services/orders',
    '<%= config.bin %> schema import src/order.rs --root OrderAction --topic order-events',
    '<%= config.bin %> schema import services/orders --map crate::Money=i64 --dry-run',
  ]
  static override args = { path: Args.string({ description: 'Crates, folders or .rs files', ignoreStdin: true }) }
  static override flags = {
    root: Flags.string({
      description: 'Enum of the events (default: the enum that looks like events)',
      helpValue: 'TYPE',
    }),
    topic: Flags.string({ description: 'Topic of the events (default: derived from the root)', helpValue: 'TOPIC' }),
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
    out: Flags.string({
      description:
        'File to write (default: <topic>.json in the folder of CRBUS_SCHEMAS or crbus.json, else in schemas)',
      helpValue: 'FILE',
    }),
    'dry-run': Flags.boolean({ description: 'Show what would be written, and write nothing' }),
  }

  async run(): Promise<SchemaImportDocument> {
    const { argv, flags } = await this.parse(SchemaImport)
    const paths = argv as string[]
    if (paths.length === 0) throw new UsageError('name the source', [run('crbus schema import services/orders')])
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
    for (const note of plan.notes) await this.notice(`note: ${note.file}:${note.line} ${importNoteText(note)}`)
    if (!plan.ok) {
      const conditional = plan.conditionalHints.map(({ hint, condition }) => ({
        ...toSuggestion(hint),
        note: `if ${condition}`,
      }))
      const hints = [...plan.hints.map(toSuggestion), ...conditional]
      const help = run('crbus schema import --help')
      throw new UsageError(formatImportProblems(plan.problems), hints.length > 0 ? hints : [help])
    }
    const document = schemaImportDocument(plan)
    const { answered } = document
    if (answered.length > 0) await this.notice(`note: answers kept from ${plan.path}: ${answered.join(' ')}`)
    if (flags['dry-run']) await this.print(plan.text)
    else {
      if (out === undefined) await this.noteProjectChoice('schemas')
      applySchemaImport(plan, cwd)
    }
    for (const { kind, where, message } of document.changes) await this.notice(`warning: ${kind}: ${where}: ${message}`)
    const verb = { create: 'written', change: 'changed', nothing: 'up to date' }[plan.effect]
    const done = plan.effect === 'nothing' ? 'is' : flags['dry-run'] ? 'would be' : 'was'
    await this.notice(
      `${plan.path} ${done} ${verb}: ${plan.root} with ${plural(plan.eventTypes.length, 'event type')} and ${plural(plan.typeCount, 'type')}, from ${plural(plan.sources.length, 'file')}`,
    )
    return document
  }

  /** Returns the folder in which the other commands look for schemas, if one is configured. */
  async #folder(): Promise<string | undefined> {
    const { cwd, schemas } = await this.schemaLocation()
    return schemas === undefined || schemas.path.endsWith('.json') ? undefined : relative(cwd, schemas.path) || '.'
  }
}
