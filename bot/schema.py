"""Every table of the house, in one import, for migrations and for the test that compares both."""

# Importing registers the tables.
import bot.accounts.store
import bot.channels.web.store
import bot.conversation.store
import bot.counselling.store
import bot.duties.store
import bot.handoff.store
import bot.handoff.tasks.store
import bot.handoff.team.store
import bot.oncall.store
import bot.replies.store
import bot.requests.store
import bot.rights.channel.store
import bot.rights.publishing.misses
import bot.rights.publishing.reminders
import bot.rights.publishing.store
import bot.rights.services.store
import bot.rights.store
import bot.safety.store
import bot.storage.keys  # noqa: F401
