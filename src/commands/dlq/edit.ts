import { Args, Flags } from '@oclif/core'
import { changeFlags } from '../../cli/base/flags.ts'
import { DlqCommand } from '../../cli/dead-letters/dlq-command.ts'
import { placeFlags } from '../../cli/dead-letters/dlq-flags.ts'
import { RefusedError, UsageError } from '../../cli/errors.ts'
import { editorOf, editText } from '../../cli/pickers/edit-text.ts'
import { Asker } from '../../cli/process/ask.ts'
import { hint, run, shellWord } from '../../cli/suggestions.ts'
import { type Editable, editablePayload } from '../../operations/dead-letters/edit.ts'
import { OPEN, viewOfLetter } from '../../operations/dead-letters/letter.ts'
import { withOriginal } from '../../operations/dead-letters/sending/original.ts'
import { applyRetry, planRetry } from '../../operations/dead-letters/sending/retry.ts'
import { payloadDiff } from '../../ui/dead-letters/format-edit.ts'
import { planDocument } from '../../ui/dead-letters/letter-document.ts'
import { notEditableText, skipText } from '../../ui/dead-letters/letter-words.ts'

/** An edited letter is sent whatever number of retries failed, because it is another event. */
const ANY_RETRIES = Number.POSITIVE_INFINITY
/** The most characters of a difference in the notes of a letter. */
const MAX_DIFF_CHARS = 4000

export default class DlqEdit extends DlqCommand {
  static override summary = 'Edit the payload of a dead letter, and send it back'
  static override document = 'dlq/edit'
  static override description =
    'Opens the decoded payload as JSON in your editor (VISUAL or EDITOR), encodes the new one as the old one was encoded, shows the difference, asks, and sends the event to the topic that it came from, as "dlq retry" does. Because its data is different, so is its message id. The header crbus-edited-by has your name, and the notes of the letter have the difference. An unchanged payload is not sent.'
  static override examples = [
    '<%= config.bin %> dlq edit 17',
    "<%= config.bin %> dlq edit 'payment-dlq[0]@12' --dry-run",
  ]
  static override args = {
    id: Args.string({
      description: 'Id of the letter, as "crbus dlq list" shows it',
      required: true,
      ignoreStdin: true,
    }),
  }
  static override flags = (({ topic: _, ...flags }) => ({
    ...flags,
    ...changeFlags,
    to: Flags.string({
      description: 'Send to this topic (default: the topic that the letter came from)',
      helpValue: 'TOPIC',
    }),
  }))(placeFlags)

  async run() {
    const { args, flags } = await this.parse(DlqEdit)
    const ids = this.toIds([args.id])
    const editor = editorOf(this.context.env)
    if (editor === undefined) {
      throw new UsageError('there is no editor: neither VISUAL nor EDITOR is set', [
        hint('set EDITOR to the command of an editor'),
      ])
    }
    const reading = await this.reading(flags)
    const places = await this.openPlaces({}, { ids })
    const { bus, boxes } = places
    const [found] = (await Promise.all(boxes.map((box) => box.get(ids)))).flat()
    if (found === undefined) {
      this.refuseMissing(ids, places)
      return undefined
    }
    const letter = await withOriginal(bus, found)
    const payload = editablePayload(viewOfLetter(letter, reading), reading.schemas)
    if (!payload.ok) {
      throw new RefusedError(`cannot edit ${args.id}: ${notEditableText(payload)}`, [
        run(`crbus dlq show ${shellWord(args.id)}`),
      ])
    }
    const operator = this.operator
    const selection = { ids, statuses: OPEN, reading, signal: this.signal }
    const envelopeOf = await this.envelopes()
    const request = {
      boxes,
      selection,
      operator,
      now: this.context.now,
      envelopeOf,
      to: flags.to,
      maxRetries: ANY_RETRIES,
    }
    // Before the editor opens, so that no work is lost on a letter that cannot be sent.
    const plan = await planRetry(bus, request)
    const [skipped] = plan.skipped
    if (skipped !== undefined) throw new RefusedError(skipText(skipped), [run(`crbus dlq show ${shellWord(args.id)}`)])
    const edited = await this.#edit(payload, editor)
    const diff = edited.isChanged ? await payloadDiff(payload.text, edited.text) : []
    if (!edited.isChanged) await this.notice('the payload is unchanged; nothing was done')
    const topic = plan.topics[0]?.topic ?? ''
    const text = diff.join('\n')
    const notes = text.length > MAX_DIFF_CHARS ? `${text.slice(0, MAX_DIFF_CHARS - 1)}…` : text
    return this.carryOut({
      plan: { ...planDocument(plan), diff },
      name: topic,
      shown: diff.map((line) => `${line}\n`).join(''),
      isNothing: !edited.isChanged,
      question: `Send the edited event to ${topic}?`,
      apply: async () => {
        const { value, headers } = edited
        const done = await applyRetry(bus, { ...request, edited: { by: operator.name, value, headers }, notes })
        const [refused] = done.refused
        if (refused !== undefined) throw new RefusedError(`${refused.id} was refused and stays open: ${refused.reason}`)
        return this.settled(done)
      },
      done: ({ retried }) => (retried === 0 ? 'nothing was sent' : `sent the edited event to ${topic}`),
    })
  }

  /** Lets the user edit the payload, until it can be encoded. Without a terminal to ask on, it must be the first time. */
  async #edit(payload: Extract<Editable, { ok: true }>, editor: string) {
    const asker = new Asker(this.context)
    let { text } = payload
    for (;;) {
      text = await editText(text, editor, this.context)
      const encoded = payload.encode(text)
      if (encoded.ok) return encoded
      const message = `the payload cannot be encoded: ${encoded.reason}`
      if (!asker.canAsk) throw new UsageError(`${message}; nothing was done`)
      await this.notice(message)
      if (!(await asker.yesOrNo('Edit it again?', true))) throw new RefusedError(`${message}; nothing was done`)
    }
  }
}
