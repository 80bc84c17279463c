import { EventBusError } from '../../bus/errors.ts'

/** Whether the user lacks the permission for a request. */
export const isNotAllowed = (error: unknown): boolean =>
  error instanceof EventBusError && error.code === 'AUTHENTICATION_FAILED'
