// Times come in UTC; people read them in their own zone.
"use strict";

const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

function dayText(time) {
  return `${time.getDate()} ${months[time.getMonth()]} ${time.getFullYear()}`;
}

function clockText(time) {
  const parts = [time.getHours(), time.getMinutes()];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

for (const shown of document.querySelectorAll("time[datetime]")) {
  const time = new Date(shown.dateTime);
  if ("date" in shown.dataset) shown.textContent = dayText(time);
  else if ("clock" in shown.dataset) shown.textContent = clockText(time);
  else shown.textContent = `${dayText(time)}, ${clockText(time)}`;
}

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const shown of document.querySelectorAll(".zone")) {
  shown.textContent = zone;
}
