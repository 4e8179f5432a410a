// A live first screen reloads itself each minute, unless it is hidden or somebody is choosing something.
const busy = () => document.hidden || document.activeElement?.matches("input, select, textarea, button");
if (document.body.dataset.live === "yes") {
  setInterval(() => { if (!busy()) location.reload(); }, 60000);
}
