import { Args } from '@oclif/core'
import { DlqCommand } from '../../cli/dead-letters/dlq-command.ts'
import { placeFlags } from '../../cli/dead-letters/dlq-flags.ts'
import { onSameBus } from '../../cli/same-bus.ts'
import { shellWord } from '../../cli/suggestions.ts'
import { type Letter, OPEN, viewOfLetter } from '../../operations/dead-letters/letter.ts'
import { readClaim } from '../../operations/dead-letters/sending/claim.ts'
import { withOriginal } from '../../operations/dead-letters/sending/original.ts'
import { formatLetter } from '../../ui/dead-letters/format-letter.ts'
import { wholeLetterDocument } from '../../ui/dead-letters/letter-document.ts'
import { claimText } from '../../ui/dead-letters/letter-words.ts'

export default class DlqShow extends DlqCommand {
  static override summary = 'Show everything of a dead letter'
  static override document = 'dlq/show'
  static override description =
    'Shows where the letter came from, why it failed, who resolved it, and its decoded event. Bytes that no codec or schema decodes are shown in hexadecimal, with the reason and the offset of the first byte that does not fit.'
  static override examples = ['<%= config.bin %> dlq show 17', "<%= config.bin %> dlq show 'payment-dlq[0]@12'"]
  static override args = {
    id: Args.string({
      description: 'Id of the letter, as "crbus dlq list" shows it',
      required: true,
      ignoreStdin: true,
    }),
  }
  static override flags = (({ topic: _, ...flags }) => flags)(placeFlags)

  protected override readonly namesBus = false

  async run() {
    const { args, flags } = await this.parse(DlqShow)
    const ids = this.toIds([args.id])
    const reading = await this.reading(flags)
    const places = await this.openPlaces({}, { ids, planOnly: true })
    const letters = await Promise.all(places.boxes.map((box) => box.get(ids)))
    const [found] = letters.flat()
    if (found === undefined) {
      this.refuseMissing(ids, places)
      return undefined
    }
    const letter = await withOriginal(places.bus, found)
    const view = viewOfLetter(letter, reading)
    const { timeZone } = this
    const { now, io } = this.context
    await this.print(formatLetter(withClaimText(letter), view, { timeZone, now, color: io.color }))
    await this.#suggest(letter)
    return wholeLetterDocument(letter, view)
  }

  async #suggest({ id, status }: Letter): Promise<void> {
    if (!OPEN.includes(status)) return
    const word = shellWord(id)
    const lines = [`crbus dlq retry ${word}`, `crbus dlq edit ${word}`, `crbus dlq discard ${word} --reason TEXT`]
    for (const line of lines) await this.notice(`  try: ${onSameBus(line, this.given)}`)
  }
}

/** Replaces the notes of a claimed letter by a sentence. */
function withClaimText(letter: Letter): Letter {
  const { status, resolution } = letter
  const claim = status === 'processing' ? readClaim(resolution?.notes) : undefined
  return claim === undefined || resolution === undefined
    ? letter
    : { ...letter, resolution: { ...resolution, notes: claimText(claim) } }
}
