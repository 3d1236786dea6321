import type { ReactNode } from 'react'

interface Typed {
  id: string
  label: string
  value: string
  onChange: (value: string) => void
  hint?: string
  fault?: string
  type?: 'text' | 'tel' | 'password' | 'date'
  inputMode?: 'numeric' | 'decimal' | 'text'
  maxLength?: number
  autoComplete?: string
  disabled?: boolean
  beside?: ReactNode
}

/** One thing to type, with its label, what is expected, and what is wrong with it. */
export function Field({ id, label, value, onChange, hint, fault, beside, ...input }: Typed) {
  const described = fault ? `${id}-fault` : hint ? `${id}-hint` : undefined
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      <div className="field-row">
        <input
          id={id}
          className="field-input"
          value={value}
          aria-invalid={fault ? 'true' : undefined}
          aria-describedby={described}
          onInput={(event) => onChange((event.target as HTMLInputElement).value)}
          {...input}
        />
        {beside}
      </div>
      {fault && (
        <p className="field-fault" id={`${id}-fault`} role="alert">
          {fault}
        </p>
      )}
      {!fault && hint && (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}

interface Pressed {
  children: ReactNode
  onPress: () => void
  quiet?: boolean
  disabled?: boolean
  /** It was pressed, and what it began is not over: it can't be pressed again, and says so. */
  busy?: boolean
}

export function Button({ children, onPress, quiet, disabled, busy }: Pressed) {
  const look = `button${quiet ? ' button-quiet' : ''}${busy ? ' button-busy' : ''}`
  return (
    <button className={look} disabled={disabled || busy} aria-busy={busy || undefined} onClick={onPress}>
      {children}
    </button>
  )
}

/** A yes or no, with its whole sentence as the thing to tap. */
export function Check({ id, label, on, onChange }: { id: string; label: string; on: boolean; onChange: (on: boolean) => void }) {
  return (
    <label className="check" htmlFor={id}>
      <input id={id} className="check-box" type="checkbox" checked={on} onChange={() => onChange(!on)} />
      <span>{label}</span>
    </label>
  )
}
