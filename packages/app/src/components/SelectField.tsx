/** One of a few values. */

interface Props<T> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, name: string])[];
  readonly onChange: (value: T) => void;
}

export function SelectField<T>({ label, value, options, onChange }: Props<T>) {
  const at = options.findIndex(([one]) => one === value);
  const choose = (chosen: string): void => {
    const option = options[Number(chosen)];
    if (option !== undefined) onChange(option[0]);
  };
  return (
    <label>
      {label}
      <select value={at} onChange={({ target }) => choose(target.value)}>
        {options.map(([, name], number) => (
          <option key={name} value={number}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
