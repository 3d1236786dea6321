import { dayAndTime, instant } from './moment.ts'

/** What of a bidder's own record decides where he stands. */
export interface Standing {
  /** The deposit's state; `none` where nothing stands under the code, `pending` where only a notice told of it. */
  deposit: string
  /** How many payments from his own name wait to be put right. */
  doubtful: number
  audit: string
  refusal_text: string
  qualified: boolean
  activated_at: string | null
  locked: boolean
}

export interface Next {
  kind: 'good' | 'warn' | 'bad'
  says: string
  /** The page where something can be done about it, and what its button says. */
  page?: string
  act?: string
}

/** Where a bidder stands in the month, in one sentence, and the one thing to do next. */
export function standing(mine: Standing, milestones: Record<string, string>, now: number): Next {
  const past = (name: string) => milestones[name] !== undefined && now >= instant(milestones[name])
  const when = (name: string) => dayAndTime(milestones[name] ?? '')
  if (mine.locked) return { kind: 'bad', says: '该申请编码已被锁定，不能参加竞价。' }
  if (past('auction_closes')) return { kind: 'good', says: '本期竞价已结束，请查看结果。', page: 'result', act: '查看结果' }
  if (mine.activated_at) {
    return past('auction_opens')
      ? { kind: 'good', says: '竞价正在进行。', page: 'auction', act: '进入竞价' }
      : { kind: 'good', says: `资格已激活，请于 ${when('auction_opens')} 参加竞价。`, page: 'auction', act: '查看竞价规则' }
  }
  if (mine.qualified) {
    if (!past('activation_opens')) return { kind: 'good', says: `已取得竞价资格，请于 ${when('activation_opens')} 起激活。` }
    if (past('activation_closes')) return { kind: 'bad', says: '资格激活已截止，本期未激活。' }
    return { kind: 'warn', says: `请在 ${when('activation_closes')} 前完成资格激活。`, page: 'activation', act: '去激活' }
  }
  if (mine.refusal_text) return { kind: 'bad', says: `${mine.refusal_text}。` }
  return depositStanding(mine, past, when)
}

function depositStanding(mine: Standing, past: (name: string) => boolean, when: (name: string) => string): Next {
  if (mine.deposit === 'held') return { kind: 'good', says: '保证金已到账，请等待资格审核结果。' }
  if (mine.deposit === 'pending') return { kind: 'warn', says: '保证金正在确认，请稍后查看。', page: 'deposit', act: '查看保证金' }
  if (past('corrections_close')) return { kind: 'bad', says: '本期没有您的保证金到账记录。' }
  if (mine.doubtful) {
    return { kind: 'warn', says: `有一笔您的汇款缺少申请编码，请在 ${when('corrections_close')} 前更正。`, page: 'correction', act: '更正保证金信息' }
  }
  if (past('deposits_close')) {
    return { kind: 'warn', says: '没有找到您的保证金。如已汇款，可在更正期内更正。', page: 'correction', act: '更正保证金信息' }
  }
  if (!past('deposits_open')) return { kind: 'warn', says: `保证金自 ${when('deposits_open')} 起缴纳。` }
  return { kind: 'warn', says: `请在 ${when('deposits_close')} 前缴纳保证金。`, page: 'deposit', act: '缴纳保证金' }
}
