// Quick exit: empties the page, closes the session on the way out, replaces the history entry.

const link = document.getElementById('exit');
const TWICE_WITHIN = 1200; // milliseconds
let escapedAt = -Infinity;

function leave() {
  document.title = '\u00a0';
  document.body.replaceChildren();
  // A beacon outlives the page and nobody waits for it: leaving works without a network, too.
  if (link.dataset.leave) navigator.sendBeacon(link.dataset.leave);
  location.replace(link.dataset.exit);
}

if (link) {
  document.addEventListener('click', (event) => {
    if (!event.target.closest('#exit, [data-quick-exit]')) return;
    event.preventDefault();
    leave();
  }, true);
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.repeat) return;
    if (event.timeStamp - escapedAt < TWICE_WITHIN) leave();
    escapedAt = event.timeStamp;
  }, true);
}
