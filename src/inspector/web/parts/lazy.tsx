/** A view whose code is fetched when it is first shown. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

interface LazyProps {
  readonly load: () => Promise<ComponentType>;
}

export function Lazy({ load }: LazyProps) {
  const [Loaded, setLoaded] = useState<ComponentType | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    load().then(
      (component) => setLoaded(() => component),
      () => setFailed(true),
    );
  }, [load]);
  if (failed)
    return (
      <p class="empty">This part of the page did not load. Is the node still running? Reload the page.</p>
    );
  return Loaded === null ? <p class="empty">Loading…</p> : <Loaded />;
}
