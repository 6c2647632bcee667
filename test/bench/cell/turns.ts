/** Both sides in turns in the same process, so that the machine's mood hits both alike; medians. */
export async function inTurns(
  turns: number,
  ours: () => Promise<number>,
  rival: () => Promise<number>,
  rivalName: string,
) {
  const figures: { ours: number[]; rival: number[] } = { ours: [], rival: [] }
  for (let i = 0; i < turns; i++) {
    figures.ours.push(await ours())
    figures.rival.push(await rival())
  }
  return { ours: median(figures.ours), rival: median(figures.rival), rivalName }
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!
}
