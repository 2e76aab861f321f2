import { type RefObject, useEffect, useState } from 'react';

/** The free inside of an element in CSS pixels, without its padding; null until it is laid out. */
export function useInnerSize(of: RefObject<HTMLElement | null>): { width: number; height: number } | null {
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  useEffect(() => {
    const element = of.current;
    if (!element) return;
    const watcher = new ResizeObserver(() => {
      // offset*, not client*: a scroll bar that comes and goes must not change what fits.
      const style = getComputedStyle(element);
      const width =
        element.offsetWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight);
      const height =
        element.offsetHeight - Number.parseFloat(style.paddingTop) - Number.parseFloat(style.paddingBottom);
      if (width > 0 && height > 0)
        setSize((now) => (now?.width === width && now.height === height ? now : { width, height }));
    });
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [of]);
  return size;
}

/** Device pixels for one CSS pixel; follows the window to another screen. */
export function usePixelRatio(): number {
  const [ratio, setRatio] = useState(() => window.devicePixelRatio || 1);
  useEffect(() => {
    const query = window.matchMedia(`(resolution: ${ratio}dppx)`);
    const changed = () => setRatio(window.devicePixelRatio || 1);
    query.addEventListener('change', changed, { once: true });
    return () => query.removeEventListener('change', changed);
  }, [ratio]);
  return ratio;
}
