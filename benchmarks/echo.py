"""The least a bot can do, with either library: ask, and send the text back. Yardstick of benchmarks/telegram.py.

python benchmarks/echo.py aiogram|ptb TOKEN API_BASE
"""

import asyncio
import sys


async def with_aiogram(token: str, base: str) -> None:
    from aiogram import Bot, Dispatcher
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer
    from aiogram.types import Message

    bot = Bot(token, AiohttpSession(api=TelegramAPIServer.from_base(base)))
    dispatcher = Dispatcher()

    @dispatcher.message()
    async def echo(message: Message) -> None:
        await message.answer(message.text or "")

    print("ready", flush=True)
    await dispatcher.start_polling(bot, handle_signals=False)


def with_ptb(token: str, base: str) -> None:
    from telegram import Update
    from telegram.ext import Application, ContextTypes, MessageHandler, filters

    async def echo(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message
        await update.message.reply_text(update.message.text or "")

    builder = Application.builder().token(token).base_url(f"{base}/bot").concurrent_updates(8)
    application = builder.connection_pool_size(32).build()
    application.add_handler(MessageHandler(filters.ALL, echo))
    print("ready", flush=True)
    application.run_polling(poll_interval=0, stop_signals=None)


if __name__ == "__main__":
    library, token, base = sys.argv[1:]
    if library == "aiogram":
        asyncio.run(with_aiogram(token, base))
    else:
        with_ptb(token, base)
