/** The version of the Node that runs crbus: `v24.1.0`. */
export const nodeVersion: string = process.version
