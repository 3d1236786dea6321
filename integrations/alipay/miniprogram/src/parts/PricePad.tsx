import { priceFault, stepped, yuan, type PriceLimits } from '../rules/price'
import { Button, Field } from './Field'

interface Pad {
  price: string
  onChange: (price: string) => void
  limits: PriceLimits
  disabled: boolean
}

const QUICK = [-10, -1, 1, 10]

/** The price, checked as it is typed, with one tick or ten up and down a tap away. */
export function PricePad({ price, onChange, limits, disabled }: Pad) {
  const rule = `${yuan(limits.reserve)} 元起，${yuan(limits.tick)} 元的整数倍` + (limits.cap === null ? '' : `，不超过 ${yuan(limits.cap)} 元`)
  return (
    <>
      <Field
        id="price"
        label="我的报价（元）"
        value={price}
        onChange={onChange}
        inputMode="numeric"
        maxLength={9}
        autoComplete="off"
        hint={rule}
        fault={priceFault(price, limits)}
        disabled={disabled}
      />
      <div className="pad pad-quick">
        {QUICK.map((ticks) => (
          <Button key={ticks} quiet disabled={disabled} onPress={() => onChange(stepped(price, ticks, limits))}>
            {`${ticks > 0 ? '+' : '−'}${yuan(Math.abs(ticks) * limits.tick)}`}
          </Button>
        ))}
      </div>
    </>
  )
}
