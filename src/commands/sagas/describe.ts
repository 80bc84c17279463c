import { relative } from 'node:path'
import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { readFlags } from '../../cli/base/flags.ts'
import { RefusedError, UsageError } from '../../cli/errors.ts'
import { confirmOrRefuse } from '../../cli/process/confirm.ts'
import { toSince } from '../../cli/sagas/saga-flags.ts'
import { flag, run, shellWord } from '../../cli/suggestions.ts'
import { describeSaga } from '../../operations/sagas/description/observe.ts'
import { writeSagaFile } from '../../operations/sagas/description/saga-file.ts'
import { targetOf, writeDescription } from '../../operations/sagas/description/write-description.ts'
import { chooseTopics } from '../../operations/tail/choose-topics.ts'
import { describeDocument, describeNoteText } from '../../ui/sagas/describe-document.ts'
import { plural } from '../../ui/text/listed.ts'
import { ScanProgress } from '../../ui/trace/scan-progress.ts'

export default class SagasDescribe extends BaseCommand {
  static override summary = 'Describe a saga from the events on its topics'
  static override document = 'sagas/describe'
  static override description =
    'Reads the events of the topics by correlation id, and writes sagas/NAME.json for the other commands of sagas: which event types begin conversations, which come last, and what follows each type, within twice the time that 99 of 100 took. The topics NAME-events and …-commands of the same names are added if they exist. Check the file before you commit it: events that did not happen are not in it. "crbus new saga" writes a description of its saga itself.'
  static override examples = [
    '<%= config.bin %> sagas describe checkout --on order-events,payment-events --dry-run',
    "<%= config.bin %> sagas describe checkout --on 'order-events,payment-*' --since 7d",
  ]
  static override args = {
    name: Args.string({ description: 'Name of the saga', required: true, ignoreStdin: true }),
  }
  static override flags = {
    ...readFlags,
    on: Flags.string({
      description: 'Topics that the saga takes events from; * and ? are wildcards',
      required: true,
      helpValue: 'TOPICS',
    }),
    since: Flags.string({
      description: 'Only events since then: 2h, @-1h, @2026-11-23T10:00:00Z',
      helpValue: 'TIME',
    }),
    out: Flags.string({
      description: 'File to write (default: NAME.json in the folder "sagas" here or in the nearest folder above)',
      helpValue: 'FILE',
    }),
    force: Flags.boolean({ description: 'Replace the file if it exists' }),
    'dry-run': Flags.boolean({ description: 'Show the description, and write nothing' }),
    yes: Flags.boolean({ char: 'y', description: 'Do not ask for confirmation' }),
  }

  async run() {
    const { args, flags } = await this.parse(SagasDescribe)
    const { name } = args
    if (!/^[\w.-]+$/.test(name) || name.startsWith('.')) {
      throw new UsageError(`${name} is not the name of a saga, such as checkout`, [
        run('crbus sagas describe checkout --on order-events,payment-events'),
      ])
    }
    const { cwd } = this.context
    const target = targetOf(name, cwd, flags.out)
    const { path, exists } = target
    if (exists && !flags.force && !flags['dry-run']) {
      throw new RefusedError(`${path} exists; nothing was written`, [
        flag('--force', 'replaces it'),
        flag('--out FILE', 'writes another file'),
      ])
    }
    const observed = await this.#observe(name, flags)
    const text = writeSagaFile(observed.definition)
    const plan = describeDocument(observed, { path, effect: exists ? 'replace' : 'create' })
    await this.print(text)
    for (const note of observed.notes) await this.notice(`note: ${describeNoteText(note)}`)
    if (observed.notes.some(({ code }) => code === 'no-end')) {
      throw new RefusedError(
        `the description is incomplete: ${plural(observed.conversationCount, 'conversation')} had no event that ends it; nothing was written`,
        [flag('--on order-events,payment-events,checkout-events', 'also reads the topic with the last event')],
      )
    }
    this.partial = { ...plan, written: false }
    if (flags['dry-run']) return { ...plan, written: false }
    const shown = relative(cwd, path)
    await confirmOrRefuse(this.context, {
      ...{ name: shown, question: `${exists ? 'Replace' : 'Write'} ${shown}?`, where: undefined, yes: flags.yes },
      ...{ confirm: undefined, guard: undefined, deletion: undefined },
      alternatives: [flag('--dry-run', 'shows the description without writing it')],
    })
    writeDescription(target, text)
    await this.notice(`${exists ? 'replaced' : 'wrote'} ${shown}; next: crbus sagas list ${shellWord(name)}`)
    return { ...plan, written: true }
  }

  async #observe(saga: string, flags: { readonly on: string; readonly since?: string | undefined }) {
    const now = this.context.now()
    const since = toSince(flags.since, now)
    const bus = await this.openBus()
    const names = flags.on.split(',').map((topic) => topic.trim())
    const request = { topics: names, follow: false, signal: this.signal, onNotice: () => {} }
    const { topics } = await chooseTopics(bus, request)
    const progress = new ScanProgress(this.context.io, this.signal)
    const onProgress = (read: number, total: number) => {
      if (!this.isQuiet) progress.update(read, total)
    }
    try {
      return await describeSaga(bus, { saga, topics, since, now, signal: this.signal, onProgress })
    } finally {
      progress.end()
    }
  }
}
