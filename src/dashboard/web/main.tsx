import { render } from 'preact';
import { App } from './app.tsx';
import { followServer, readReplay, readSetup, sendCommand } from './state/feed.ts';
import { PageStore } from './state/page-store.ts';
import { StoreContext } from './state/use-store.ts';

const setup = readSetup();
const store = new PageStore(setup, {
  ...(setup.mode === 'live' ? { send: sendCommand } : {}),
  schedule: (callback) => requestAnimationFrame(callback),
});
const element = document.getElementById('page')!;
element.textContent = '';
render(
  <StoreContext.Provider value={store}>
    <App />
  </StoreContext.Provider>,
  element,
);
if (setup.mode === 'live') followServer(store);
else void readReplay(store);
