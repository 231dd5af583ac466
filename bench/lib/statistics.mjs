/** The few statistics the benches report. Every function takes plain numbers and leaves its input unsorted. */

/** The value below which the share `q` (0 … 1) of the samples lies, by nearest rank: always a measured value. */
export function quantile(samples, q) {
  if (samples.length === 0) throw new Error('a quantile of no samples');
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(q * sorted.length));
  return sorted[rank - 1];
}

/** The middle sample, or the mean of the two in the middle. */
export function median(samples) {
  if (samples.length === 0) throw new Error('a median of no samples');
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function mean(samples) {
  return samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
}

/** How far the mean of such samples is off, as one standard deviation. */
export function standardError(samples) {
  const middle = mean(samples);
  const squares = samples.reduce((sum, sample) => sum + (sample - middle) ** 2, 0);
  return Math.sqrt(squares / (samples.length - 1) / samples.length);
}

/** What the result files keep of a series, beside the series itself. */
export function summarise(samples) {
  return {
    count: samples.length,
    median: median(samples),
    p99: quantile(samples, 0.99),
    min: Math.min(...samples),
    max: Math.max(...samples),
    mean: mean(samples),
  };
}
