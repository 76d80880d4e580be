/** A number within limits; an empty field is `otherwise`. */

interface Props<T extends number | undefined> {
  readonly label: string;
  readonly hint?: string;
  readonly value: number | undefined;
  readonly least: number;
  readonly most: number;
  readonly step: number;
  readonly otherwise: T;
  readonly placeholder?: string;
  readonly onChange: (value: number | T) => void;
}

export function NumberField<T extends number | undefined>({ label, hint, value, least, most, step, otherwise, placeholder, onChange }: Props<T>) {
  const within = (entered: number): number => {
    const inside = Math.min(most, Math.max(least, entered));
    return Number.isInteger(step) ? Math.round(inside) : inside;
  };
  return (
    <label>
      {label}
      <input
        type="number"
        min={least}
        max={most}
        step={step}
        value={value ?? ""}
        placeholder={placeholder}
        onChange={({ target }) => onChange(Number.isNaN(target.valueAsNumber) ? otherwise : within(target.valueAsNumber))}
      />
      {hint !== undefined && <span className="hint">{hint}</span>}
    </label>
  );
}
