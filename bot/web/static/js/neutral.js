// The neutral page: looks again when there is a new line, or when it is over. It keeps nothing itself.

const text = document.getElementById('text');
const source = new EventSource(`/chat/events?after=${document.getElementById('log').dataset.place}`);

// What is being written is not lost; sending it looks again.
function again() {
  if (text.value.trim()) return;
  source.close();
  location.replace('/chat');
}

for (const name of ['line', 'state', 'erased', 'gone']) source.addEventListener(name, again);
text.addEventListener('keydown', (event) => {
  const keyboard = !matchMedia('(pointer: coarse)').matches;
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing || !keyboard) return;
  event.preventDefault();
  text.form.requestSubmit();
});
window.addEventListener('pageshow', (event) => event.persisted && location.reload());
document.getElementById('scroll').scrollTop = document.getElementById('scroll').scrollHeight;
if (location.search.includes('wait=')) history.replaceState(null, '', '/chat');
