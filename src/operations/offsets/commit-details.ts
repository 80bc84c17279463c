import type { CommitDetails } from '../../bus/admin.ts'

/** Metadata and leader epoch alone; `undefined` where nothing was committed with either. */
export function detailsOf(commit: CommitDetails | undefined): CommitDetails | undefined {
  const { metadata = '', leaderEpoch } = commit ?? {}
  if (metadata === '' && leaderEpoch === undefined) return undefined
  return { ...(metadata === '' ? {} : { metadata }), ...(leaderEpoch === undefined ? {} : { leaderEpoch }) }
}

export const isSameCommit = (a: CommitDetails | undefined, b: CommitDetails | undefined): boolean =>
  (a?.metadata ?? '') === (b?.metadata ?? '') && a?.leaderEpoch === b?.leaderEpoch
