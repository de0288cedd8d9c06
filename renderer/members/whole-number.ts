/** What a number field holds, when it is a whole number from 1 to `max`; null while it is not. */
export function wholeNumber(value: number | string, max: number): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max ? value : null;
}
