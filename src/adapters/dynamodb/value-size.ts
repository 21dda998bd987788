/** What DynamoDB counts for `true`, `false` and NULL. */
export const flagBytes = 1;

/** What it counts for a list or a map, and for each element in it, besides names and values. */
export const listBytes = 3;
export const elementBytes = 1;

/** Two decimal digits a byte, paired from the decimal point, without zeros at either end; one more for the exponent and one for the sign. */
export function numberSize(value: number): number {
  if (value === 0) return 1;
  if (Number.isSafeInteger(value)) return wholeNumberSize(value);
  const [mantissa = '', exponent] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '').length;
  const unpaired = Math.abs(Number(exponent)) % 2 === 0 ? 1 : 0;
  return Math.ceil((digits + unpaired) / 2) + (value < 0 ? 2 : 1);
}

/** The same, without making text of it. */
function wholeNumberSize(value: number): number {
  let size = value < 0 ? 2 : 1;
  let left = Math.abs(value);
  while (left % 100 === 0) left /= 100;
  for (; left > 0; left = Math.floor(left / 100)) size++;
  return size;
}

export function textSize(text: string): number {
  return Buffer.byteLength(text);
}
