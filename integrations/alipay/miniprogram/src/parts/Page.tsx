import type { ReactNode } from 'react'

/** A page: its title, what it says at once to everybody who looks, and its content. */
export function Page({ title, children }: { title: string; children: ReactNode }) {
  return (
    // It scrolls, so that a keyboard must reach it, even where nothing in it can be pressed.
    <main className="page" tabIndex={0}>
      <h1>{title}</h1>
      {children}
    </main>
  )
}

export function Card({ title, children }: { title?: string; children: ReactNode }) {
  return (
    <section className="card">
      {title && <h2>{title}</h2>}
      {children}
    </section>
  )
}

/** What stands where something will be: of about its size, so that nothing jumps when it comes. */
export function Loading({ lines = 4 }: { lines?: number }) {
  return (
    <section className="card loading" role="status" aria-label="正在载入">
      {Array.from({ length: lines }, (_, line) => (
        <div className="loading-line" key={line} />
      ))}
    </section>
  )
}

/** A sentence that must not be missed; read aloud when it appears. */
export function Banner({ kind, children }: { kind: 'good' | 'warn' | 'bad'; children: ReactNode }) {
  return (
    <div className={`banner banner-${kind}`} role={kind === 'bad' ? 'alert' : 'status'}>
      {children}
    </div>
  )
}

export function Facts({ facts }: { facts: [name: string, value: ReactNode][] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div className="fact" key={name}>
          <dt className="fact-name">{name}</dt>
          <dd className="fact-value">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
