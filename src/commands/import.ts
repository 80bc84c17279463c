import { join, resolve } from 'node:path'
import { Args, Flags } from '@oclif/core'
import type { EventBus } from '../bus/event-bus.ts'
import { ChangeCommand } from '../cli/base/change-command.ts'
import { busFlags, changeFlags, schemaFlag, timeFlags } from '../cli/base/flags.ts'
import { UsageError } from '../cli/errors.ts'
import { youngGenerationBound } from '../cli/process/young-generation.ts'
import { flag, run } from '../cli/suggestions.ts'
import { toRename } from '../cli/transfer/rename.ts'
import type { SchemaSet } from '../operations/schemas/compiled.ts'
import { openSchemas } from '../operations/schemas/open.ts'
import { endsOf } from '../operations/transfer/deliver/deliver.ts'
import { applyImport, itemsOf } from '../operations/transfer/import/apply.ts'
import { type ImportPlan, planImport } from '../operations/transfer/import/plan.ts'
import { inspectFile } from '../operations/transfer/import/source-files.ts'
import { type Verified, verify } from '../operations/transfer/import/verify.ts'
import { ProgressLine } from '../ui/records/progress-line.ts'
import { plural } from '../ui/text/listed.ts'
import {
  formatImport,
  formatVerified,
  importDocument,
  importQuestion,
  verifiedDocument,
} from '../ui/transfer/format-import.ts'

export default class Import extends ChangeCommand {
  static override summary = 'Append the events of exported files to topics, byte for byte'
  static override document = 'import'
  static override description = [
    'Appends the records of files that "crbus export" wrote, with their keys, headers, timestamps and partitions. Topics that do not exist are created with the exported number of partitions. The files are checked before anything is appended.',
    'An import that was interrupted continues when the same command is run again: records that are in the topics already are not appended twice.',
    '--verify compares the files with the topics afterwards, record by record; --verify-only does nothing else. A difference ends with exit code 10.',
  ].join('\n\n')
  static override strict = false
  static override args = {
    file: Args.string({
      description: 'Files to import, in the formats of "crbus export"',
      required: true,
      ignoreStdin: true,
    }),
  }
  static override usage = 'import FILE...'
  static override examples = [
    '<%= config.bin %> import orders.crbus --dry-run',
    '<%= config.bin %> import orders.crbus --topic order-events-copy --verify',
    '<%= config.bin %> import backup/*.crbus --yes --data-dir .crbus',
  ]
  static override flags = {
    ...busFlags,
    ...changeFlags,
    ...timeFlags,
    topic: Flags.string({
      char: 't',
      description: 'Topic to append to, in place of the exported one; OLD=NEW if the files have several; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'TOPIC',
    }),
    repartition: Flags.boolean({
      description: 'Let the key of each record decide its partition (default: the exported partition)',
    }),
    verify: Flags.boolean({ description: 'Compare the files with the topics afterwards' }),
    'verify-only': Flags.boolean({
      description: 'Compare the files with the topics, and append nothing',
      exclusive: ['verify', 'dry-run'],
    }),
    'skip-damaged': Flags.boolean({ description: 'Import the records that are not damaged' }),
    restart: Flags.boolean({ description: 'Begin again instead of continuing an import that was interrupted' }),
    schema: schemaFlag,
  }

  protected override readonly mayPrecedeBus = true

  async run() {
    const { argv, flags } = await this.parse(Import)
    const schemas = await openSchemas(await this.schemaLocation(), flags.schema)
    const paths = (argv as string[]).map((path) => resolve(this.context.cwd, path))
    const files = await Promise.all(
      paths.map((path) => inspectFile(path, { schemas, skipDamaged: flags['skip-damaged'] })),
    )
    const named = [...new Set(files.flatMap(({ tally }) => tally.partitions.map(({ topic }) => topic)))]
    const rename = toRename(flags.topic, named)
    const isCheck = flags['verify-only']
    const bus = await this.openBus({ planOnly: flags['dry-run'] || isCheck })
    const stateFolder = join(this.context.stateFolder, 'transfers')
    const { repartition, restart } = flags
    const plan = await planImport(bus, { files, rename, repartition, stateFolder, restart })
    if (isCheck) return this.#verifyOnly(bus, plan, schemas)
    return this.carryOut({
      plan: importDocument(plan),
      name: plan.topics.map(({ topic }) => topic).join(','),
      shown: formatImport(plan, this.timeZone, this.tableWidth),
      isNothing: plan.tally.records === 0,
      question: importQuestion(plan),
      apply: () => this.#import(bus, plan, { schemas, verifies: flags.verify }),
      done: ({ imported, found, complete }) => {
        const before = found === 0 ? '' : `; ${found} were there already`
        return complete
          ? `${plural(imported, 'record')} imported${before}`
          : `interrupted after ${plural(imported, 'record')}${before}; run the same command again to continue`
      },
    })
  }

  async #import(
    bus: EventBus,
    plan: ImportPlan,
    { schemas, verifies }: { readonly schemas: SchemaSet | undefined; readonly verifies: boolean },
  ) {
    const { signal } = this
    const boundMemory = youngGenerationBound()
    const before =
      plan.interrupted?.base ??
      (await endsOf(
        bus,
        plan.topics.map(({ topic }) => topic),
      ))
    const share = (count: number) => count / plan.tally.records
    const progress = new ProgressLine(this.context.io, share, this.context.stop.readerLeft, {
      ...{ verb: 'imported', sharesTerminal: false },
    })
    const summary = { imported: 0, found: 0, complete: false }
    try {
      for await (const { delivered, found } of applyImport(bus, plan, { schemas, signal })) {
        summary.imported = delivered - found
        summary.found = found
        this.partial = { ...importDocument(plan), applied: true, ...summary }
        progress.update(delivered)
        boundMemory()
      }
    } finally {
      progress.end(summary.imported + summary.found)
    }
    summary.complete = !signal.aborted
    if (!verifies || signal.aborted) return summary
    const verified = await verify(bus, itemsOf(plan, { schemas, signal }), {
      ...{ from: before, signal },
      to: await endsOf(
        bus,
        plan.topics.map(({ topic }) => topic),
      ),
    })
    await this.#report(verified)
    return { ...summary, verified: verifiedDocument(verified) }
  }

  async #verifyOnly(bus: EventBus, plan: ImportPlan, schemas: SchemaSet | undefined) {
    const missing = plan.topics.find(({ isNew }) => isNew)
    if (missing !== undefined) {
      throw new UsageError(`topic ${missing.topic} does not exist, so it cannot be compared`, [
        flag('--topic NAME'),
        run('crbus topics list'),
      ])
    }
    const { signal } = this
    const ranges = await bus.log.rangesOf(plan.topics.map(({ topic }) => topic))
    const lanes = [...ranges].flatMap(([topic, own]) =>
      own.map((range) => ({ lane: `${topic}/${range.partition}`, range })),
    )
    const verified = await verify(bus, itemsOf(plan, { schemas, signal }), {
      ...{ signal },
      from: new Map(lanes.map(({ lane, range }) => [lane, range.start])),
      to: new Map(lanes.map(({ lane, range }) => [lane, range.end])),
    })
    await this.#report(verified)
    return { ...importDocument(plan), applied: false, verified: verifiedDocument(verified) }
  }

  async #report(verified: Verified): Promise<void> {
    await this.print(`${formatVerified(verified)}\n`)
    if (verified.differences.length > 0) this.foundSomething()
  }
}
