import { openSchemas } from '../../operations/schemas/open.ts'
import { write } from '../../ui/text/io.ts'
import { printable } from '../../ui/text/printable.ts'
import { rememberNames } from '../completion/names-cache.ts'
import { sagaNames } from '../completion/saga-names.ts'
import type { ValueKind } from '../completion/value-kind.ts'
import { UsageError } from '../errors.ts'
import { Asker, type Choice } from '../process/ask.ts'
import { placesOf } from '../sagas/saga-places.ts'
import { schemaLocationOf } from '../schema-location.ts'
import { run } from '../suggestions.ts'
import {
  conversationChoices,
  groupChoices,
  nameChoices,
  positionChoices,
  sagaChoices,
  topicChoices,
  topicsOfGroup,
} from './choices.ts'
import { type AddedValue, completedWords, lineOf } from './completed-words.ts'
import { flagAtEnd, type MissingValue, missingValues } from './missing-values.ts'
import { pickEventType } from './pick-event-type.ts'
import { type GivenValues, type PickRequest, topicsIn } from './pick-request.ts'

/** The choice of the flag of `reset` that replaces --topic. No topic has this name. */
const ALL_TOPICS = '--all-topics'

/**
 * Lets the user choose the values that the command line lacks, and prints the complete one. Returns its words. Returns the words
 * unchanged if nothing is missing, or if they are invalid: the parser then reports why.
 */
export async function pickMissing(request: PickRequest): Promise<string[]> {
  const { argv, context } = request
  const atEnd = flagAtEnd(request)
  const typed = atEnd === undefined ? [...argv] : argv.slice(0, -1)
  const given = await request.parse(typed, true).catch(() => undefined)
  if (given === undefined) return [...argv]
  const others = missingValues(request, given).filter(({ name }) => name !== atEnd?.name)
  const missing = [...(atEnd === undefined ? [] : [atEnd]), ...others]
  if (missing.length === 0) return [...argv]
  request.select(given.flags)
  const args = { ...given.args }
  const flags = { ...given.flags }
  const added: AddedValue[] = []
  for (const { name, isFlag, ...value } of missing) {
    const picked = await pick({ name, isFlag, ...value }, { ...request, given: { args, flags } })
    added.push(picked === ALL_TOPICS ? { name: 'all-topics', isFlag: true } : { name, isFlag, value: picked })
    const values = isFlag ? flags : args
    values[name] = picked
  }
  const words = completedWords(typed, added)
  await write(context.io.stderr, `${printable(`$ ${lineOf(request.id, words)}`)}\n`, context.stop.signal)
  return words
}

const questions: Partial<Readonly<Record<ValueKind, string>>> = {
  topic: 'Which topic?',
  group: 'Which group?',
  profile: 'Which profile?',
  saga: 'Which saga?',
  conversation: 'Which conversation?',
  position: 'Which position?',
  target: 'Reset to which position?',
}

/** A command that creates the first name of a kind. */
const creating: Partial<Readonly<Record<ValueKind, string>>> = {
  topic: 'crbus publish order-events --type OrderPlaced.v1 --data {}',
  group: 'crbus reset --group billing --topic order-events --to start --new-group',
  profile: 'crbus profile create local --data-dir .crbus',
  saga: 'crbus sagas describe checkout --on order-events,payment-events',
  conversation: 'crbus publish order-events --type OrderPlaced.v1 --correlation-id c-1 --data {}',
}

async function pick(missing: MissingValue, request: PickRequest & { readonly given: GivenValues }): Promise<string> {
  const { name, description, options, kind } = missing
  const asker = new Asker(request.context)
  if (kind === 'eventType') return pickTypeFor(asker, request)
  // A command line may lack several topics, such as that of events and that of their effects.
  const isOther = missing.isFlag && name !== kind && (kind === 'topic' || kind === 'group')
  const question = isOther ? `Which ${kind} for --${name}?` : kind && questions[kind]
  const what = question ?? `${missing.isFlag ? `--${name}` : name.toUpperCase()}: ${description}`
  const choices =
    options.length > 0 ? options.map((value) => ({ value, label: value })) : await choicesFor(missing, request)
  if (choices === undefined) return asker.text(what, (text) => (text.trim() === '' ? 'type a value' : undefined))
  if (choices.length > 0) return asker.fromList(what, choices)
  const creates = kind && creating[kind]
  throw new UsageError(`there are no ${kind}s to choose from`, [
    ...(creates === undefined ? [] : [run(creates, `creates a ${kind}`)]),
    run('crbus config', 'shows which bus this is'),
  ])
}

/** Lets the user pick an event type of the topics that the command line names. */
async function pickTypeFor(
  asker: Asker,
  { context, given, connect, config }: PickRequest & { readonly given: GivenValues },
): Promise<string> {
  const { schema } = given.flags
  const location = schemaLocationOf(await config(), context.cwd)
  const schemas = await openSchemas(location, typeof schema === 'string' ? schema : undefined)
  return pickEventType(asker, await connect(), { topics: topicsIn(given), schemas })
}

/** Returns the choices for a value; `undefined` if the user has to type it. */
async function choicesFor(
  { kind, isFlag, name }: MissingValue,
  { context, given, id, createsTopic, connect, config }: PickRequest & { readonly given: GivenValues },
): Promise<readonly Choice[] | undefined> {
  const { flags } = given
  if (kind === 'position' || kind === 'target') return positionChoices(kind, context.now(), flags.utc ? 'utc' : 'local')
  if (kind === 'profile') return nameChoices((await config()).profiles.keys())
  const descriptions = typeof flags.descriptions === 'string' ? flags.descriptions : undefined
  if (kind === 'saga') {
    // The name of a saga to describe may be new.
    return id === 'sagas:describe' ? undefined : nameChoices(await sagaNames(await config(), context, descriptions))
  }
  if (kind === 'conversation' && id === 'sagas:show') {
    const { readSagas, reportSagas } = await import('../sagas/report-sagas.ts')
    const files = await readSagas(
      placesOf(await config(), context, descriptions),
      typeof flags.saga === 'string' ? [flags.saga] : [],
    )
    const now = context.now()
    const report = await reportSagas(await connect(), await config(), context, {
      ...{ files, since: undefined, now, isStoreNamed: flags.store !== undefined },
      ...{ isQuiet: flags.quiet === true, notice: () => {} },
    })
    return sagaChoices(report)
  }
  if (kind === 'conversation') return conversationChoices(await connect(), context, flags.utc ? 'utc' : 'local')
  if (kind !== 'topic' && kind !== 'group') return undefined
  const bus = await connect()
  const group = given.args.group ?? flags.group
  const isOfGroup = kind === 'topic' && isFlag && typeof group === 'string'
  const found =
    kind === 'group'
      ? await groupChoices(bus, { now: context.now, signal: context.stop.signal })
      : isOfGroup
        ? await topicsOfGroup(bus, group)
        : await topicChoices(bus)
  const names = found.map(({ value }) => value)
  if (!isOfGroup) {
    rememberNames(context, await config(), kind === 'group' ? { groups: names } : { topics: names })
  }
  if (kind === 'topic' && createsTopic && found.length === 0) return undefined
  if (id !== 'reset' || name !== 'topic') return found
  return [...found, { value: ALL_TOPICS, label: 'all topics on which the group has committed offsets' }]
}
