/** A copy of the object without these keys. */
export function omit<T extends object, K extends keyof T>(value: T, ...keys: K[]): Omit<T, K> {
  const left = Object.entries(value).filter(([key]) => !(keys as string[]).includes(key));
  return Object.fromEntries(left) as Omit<T, K>;
}
