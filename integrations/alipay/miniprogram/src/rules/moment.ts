const HOUR = 3_600
const BEIJING_MS = 8 * HOUR * 1_000

/**
 * Epoch ms of an instant as the hub writes it, `2026-03-25T09:00:00.000`, which is Beijing time; or with an offset of its
 * own. Left to itself a phone would read the first in its own zone.
 */
export function instant(text: string): number {
  return Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}+08:00`)
}

/** `3天 04:05:06`, of milliseconds that are left; never below zero. */
export function countdown(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / 1_000))
  const days = Math.floor(seconds / (24 * HOUR))
  const clock = [Math.floor(seconds / HOUR) % 24, Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':')
  return days ? `${days}天 ${clock}` : clock
}

/** `3月25日 周三 09:00`, in Beijing time wherever the phone is. */
export function dayAndTime(text: string): string {
  const at = new Date(instant(text) + BEIJING_MS)
  const weekday = '日一二三四五六'[at.getUTCDay()]
  return `${at.getUTCMonth() + 1}月${at.getUTCDate()}日 周${weekday} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`
}

/** `14:59:58.123`, in Beijing time. */
export function timeOfDay(text: string): string {
  return new Date(instant(text) + BEIJING_MS).toISOString().slice(11, 23)
}

/** `2026-03` -> `2026年3月`. */
export function periodName(period: string): string {
  const [year, month] = period.split('-')
  return `${year}年${Number(month)}月`
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
