import type { CommitDetails } from '../../bus/admin.ts'

/** Returns the metadata and leader epoch of a commit; `undefined` if the commit has neither. */
export function detailsOf(commit: CommitDetails | undefined): CommitDetails | undefined {
  const { metadata = '', leaderEpoch } = commit ?? {}
  if (metadata === '' && leaderEpoch === undefined) return undefined
  return { ...(metadata === '' ? {} : { metadata }), ...(leaderEpoch === undefined ? {} : { leaderEpoch }) }
}

/** Returns whether two commits have the same metadata and leader epoch. Absent metadata equals empty metadata. */
export const isSameCommit = (a: CommitDetails | undefined, b: CommitDetails | undefined): boolean =>
  (a?.metadata ?? '') === (b?.metadata ?? '') && a?.leaderEpoch === b?.leaderEpoch
