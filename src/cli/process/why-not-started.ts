/** Returns why a program could not be started, by the error code of the system; `undefined` for another reason. */
export function whyNotStarted(program: string, { code }: { readonly code?: string | undefined }): string | undefined {
  if (code === 'ENOENT') return `there is no program '${program}'`
  return code === 'EACCES' ? `'${program}' is not executable` : undefined
}
