/** Of a query that doesn't come down to one number a version. */
export function manySeries(name: string, count: number): string {
  return `query: ${name} gives ${count} series for one version; put sum(…), avg(…) or max(…) around it`;
}
