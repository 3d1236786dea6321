/**
 * Who is signed in on this page. In memory alone: nothing of a person is left in the phone's storage or in an address, and
 * closing the page is signing out.
 */
export interface Account {
  period: string
  code: string
  token: string
}

let account: Account | undefined
let auction: { token: string; bidderClass: string } | undefined

export const session = {
  /** The bidder's own pages, by SMS code. */
  account: (): Account | undefined => account,
  /** The auction, by password. */
  bidToken: (): string | undefined => auction?.token,
  bidderClass: (): string => auction?.bidderClass ?? '',
  openAccount(opened: Account): void {
    account = opened
  },
  openAuction(token: string, bidderClass: string): void {
    auction = { token, bidderClass }
  },
  leave(): void {
    account = undefined
    auction = undefined
  },
}
