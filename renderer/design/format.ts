const counts = new Intl.NumberFormat();
const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const shortDay = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const fullInstant = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

// Making one is slow, and a list asks for one in every row.
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const monthName = new Intl.DateTimeFormat(undefined, { month: 'short' });

const DAY_MS = 86_400_000;

/** A number with the separators of the person's language. */
export function formatCount(value: number): string {
  return counts.format(value);
}

/** `1 credit`, `1,204 credits`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${formatCount(value)} ${Math.abs(value) === 1 ? one : many}`;
}

/** `14:02` for today, `yesterday, 14:02`, `12 May, 14:02` before that. */
export function formatMoment(instant: string, now = new Date()): string {
  const moment = new Date(instant);
  const days = Math.round((startOfDay(now) - startOfDay(moment)) / DAY_MS);
  if (days === 0) return time.format(moment);
  if (days === 1) return `yesterday, ${time.format(moment)}`;
  if (days > 300 || days < -300) return day.format(moment);
  return `${shortDay.format(moment)}, ${time.format(moment)}`;
}

/** `12 May 2026`. */
export function formatDay(instant: string | Date): string {
  return day.format(new Date(instant));
}

/** `12 May`. */
export function formatShortDay(instant: string | Date): string {
  return shortDay.format(new Date(instant));
}

/** Date and time in full, for tooltips. */
export function formatFullMoment(instant: string): string {
  return fullInstant.format(new Date(instant));
}

/** `May`, from a month as `2026-05`. */
export function formatMonth(month: string): string {
  return monthName.format(new Date(`${month}-15T12:00:00`));
}

/** `just now`, `5 minutes ago`, `3 days ago`. */
export function formatAge(instant: string, now = new Date()): string {
  const seconds = (new Date(instant).getTime() - now.getTime()) / 1000;
  const age = Math.abs(seconds);
  if (age < 60) return 'just now';
  if (age < 3_600) return relative.format(Math.round(seconds / 60), 'minute');
  if (age < 86_400) return relative.format(Math.round(seconds / 3_600), 'hour');
  return relative.format(Math.round(seconds / 86_400), 'day');
}

/** `in 12 days`, `today`, `3 days ago`. */
export function formatDaysUntil(instant: string, now = new Date()): string {
  const days = Math.round((startOfDay(new Date(instant)) - startOfDay(now)) / DAY_MS);
  return relative.format(days, 'day');
}

/** The same time of day, so many days from now. */
export function daysFromNow(days: number, now = new Date()): Date {
  return new Date(now.getTime() + days * DAY_MS);
}

/** Whole days until an instant; negative when it has passed. */
export function daysUntil(instant: string, now = new Date()): number {
  return Math.round((startOfDay(new Date(instant)) - startOfDay(now)) / DAY_MS);
}

/** True when figures of this instant are older than a day: they stay on screen, and say so in amber. */
export function isStale(instant: string, now = new Date()): boolean {
  return now.getTime() - new Date(instant).getTime() > DAY_MS;
}

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
